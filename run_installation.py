"""The living portrait's command line: `python run_installation.py --help` lists the commands."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from installation.errors import InputError
from installation.options import CHOREOGRAPHY, ROOT, START, WEIGHTS, Recording, Screen, Show, Sitter
from installation.parameters import (
    FILE,
    Alphas,
    DefaultRun,
    Finite,
    Start,
    Webcam,
    Who,
    person_option,
    said,
    seed_option,
    site_option,
    start_option,
    steps_option,
    truncation_option,
    with_weights,
)

# Commands import the application when they are called: it brings PyTorch, and help should not wait for that.

INTERRUPTED = 130  # as shells say it of Ctrl-C


@click.group(
    cls=DefaultRun, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="living-portrait")
def main() -> None:
    """A living portrait: a face that does not exist, moved by a choreography.

    Without a command, `run` is meant.
    """


@main.command()
@click.argument("choreography", type=FILE, default=CHOREOGRAPHY)
@person_option
@truncation_option
@seed_option
@site_option
@click.option(
    "--fps", type=Finite(1, 240), default=60, show_default=True, help="Frames per second to aim at."
)
@click.option("--windowed", is_flag=True, help="In a window instead of fullscreen.")
@click.option(
    "--monitor", type=click.IntRange(0), default=0, show_default=True, help="Which monitor, from 0."
)
@click.option("--headless", is_flag=True, help="Play without a screen, and write nothing.")
@click.option("--seconds", type=Finite(0, min_open=True), help="Stop after this long.  [default: never]")
@click.option(
    "--webcam",
    type=Webcam(is_live=True),
    is_flag=False,
    flag_value="0",
    help="See visitors by the camera of this number (alone: 0) or device, or in a video file.",
)
@with_weights
def run(**options: Any) -> None:
    """Show the living portrait, fullscreen.

    Esc leaves, F toggles fullscreen, space plays the next gesture at once. Without a screen, 20 seconds are
    recorded to build/portrait.mp4 instead.

    With a camera it looks back at visitors, and takes up the face of one who stays for a while. Del forgets
    them at once. Where the site says so, their face is only taken up when Enter says that they agree. Nothing
    of anybody is ever written: docs/privacy.md.
    """
    from installation import run as live

    live.run(Show.of(options), Screen.of(options), said())


@main.command()
@click.argument("output", type=FILE)
@click.option(
    "--choreography", type=FILE, default=CHOREOGRAPHY, help="What to play.  [default: the long afternoon]"
)
@person_option
@truncation_option
@seed_option
@site_option
@click.option("--seconds", type=Finite(0, min_open=True), default=20, show_default=True)
@click.option("--fps", type=Finite(1, 240), default=30, show_default=True)
@click.option("--size", type=click.IntRange(16, 4096), default=512, show_default=True, help="Side in pixels.")
@click.option(
    "--start",
    type=Start(),
    default=START,
    show_default=True,
    help="The day that the show takes it to be: it is part of the dice.",
)
@click.option("--webcam", type=Webcam(is_live=False), help="See the visitors in this video file.")
@with_weights
def record(**options: Any) -> None:
    """Write the show to OUTPUT: a video (.mp4), or a folder of PNG frames (anything else).

    The same options write the same show, faster or slower than it plays.
    """
    from installation import app

    app.record(Show.of(options), Recording.of(options), said())


@main.command()
@click.argument("files", type=FILE, nargs=-1, required=True)
@click.option("--strict", is_flag=True, help="Count warnings as errors.")
@site_option
@with_weights
def check(**options: Any) -> None:
    """Check choreographies: every fault at once, with its line. Exit code 0: playable, 2: not."""
    from installation import app

    app.check(options["files"], options["weights"], options["site"], is_strict=options["strict"])


@main.command()
@click.argument("file", type=FILE)
@click.option(
    "--hours", type=Finite(0, 24 * 31, min_open=True), default=8, show_default=True, help="How long to play."
)
@start_option
@seed_option
@site_option
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for other programs.")
@click.option("--plot", type=FILE, metavar="OUT.png", help="A picture to draw as well.")
def simulate(**options: Any) -> None:
    """Rehearse FILE: how long moods last, how often gestures come, when cues fall, and what never comes.

    Nothing is drawn, so that a day takes a second, and no weights are needed. With --site only the opening
    hours are played. --json prints durations in seconds, instants in ISO 8601 and shares from 0 to 1:

    \b
      title, seed, timezone, start, end, open: [{start, end}], seconds, num_gestures
      moods, gestures: {name: {num_times, seconds, share}}
      stays: [{mood, start, end, seconds}]
      people: [{person, start, end, seconds}]
      cues: [{cue, at, gesture, mood, person}]
      longest_stay, longest_run: {gesture, num_times, start}
      num_no_ops, num_redrawn, num_past_neutral, mean_distance
      never: {moods, gestures, cues}
    """
    from installation import rehearse

    rehearse.simulate(**options)


@main.command()
@click.argument("file", type=FILE)
@click.option(
    "--at", required=True, help="A time of that day, 18:03, or how far into the show: 90s, 12min, 1h."
)
@start_option
@seed_option
@site_option
def explain(**options: Any) -> None:
    """Say what FILE plays at one instant and why: the mood, the weights, what was left out, the face."""
    from installation import explain

    explain.explain(**options)


@main.command()
@click.argument("choreography", metavar="FILE", type=FILE)
@click.option("-o", "--output", type=FILE, required=True, help="The picture to write.")
@person_option
@truncation_option
@with_weights
def preview(**options: Any) -> None:
    """Draw every gesture of FILE on one sheet, mood by mood.

    The optional units of an emotion are drawn with the same dice each time.
    """
    from installation import preview

    output = options.pop("output")
    preview.preview(Show(**options, seed=None), output)


@main.command()
@click.option("-o", "--output", type=FILE, required=True, help="The picture to write.")
@person_option
@truncation_option
@click.option("--size", type=click.IntRange(16, 4096), help="Side in pixels.  [default: the generator's]")
@with_weights
def portrait(**options: Any) -> None:
    """Draw a person."""
    from installation import stills

    stills.portrait(Sitter.of(options), options["output"], options["size"])


@main.command()
@click.option("-o", "--output", type=FILE, required=True, help="The picture to write.")
@person_option
@truncation_option
@click.option("--from", "source", default="neutral", show_default=True, help="A gesture, as above.")
@click.option("--to", "target", default="happy", show_default=True, help="Another gesture.")
@click.option(
    "--alphas",
    type=Alphas(),
    default="0,.25,.5,.75,1",
    show_default=True,
    help="Where on the way between them.",
)
@click.option("--labels", is_flag=True, help="Write each α under its square.")
@with_weights
def strip(**options: Any) -> None:
    """Draw the way from one gesture to another, squares side by side.

    A gesture is a category, such as "happily surprised", or a list in quotation marks of

    \b
      action units, and how strong: 0 to 1, A to E, slight, marked, strong
          "AU12=0.8, AU06=C, brow lowerer=slight"
      controls: degrees to the picture's right and up, and years
          "yaw=10, pitch=-5, gaze=[8, 0], age=70, light=[40, 25]"

    or of both, "AU12=0.8, yaw=10". Where the face turns and looks, its age and its light stay as they are
    unless they are named.
    """
    from installation import stills

    stills.strip(
        Sitter.of(options),
        options["source"],
        options["target"],
        options["alphas"],
        options["output"],
        is_labelled=options["labels"],
    )


@main.command()
@click.argument("photo", type=FILE)
@click.option("-o", "--output", type=FILE, required=True, help="The person file to write.")
@steps_option
@click.option("--sheet", type=FILE, help="A picture to judge it by, to write as well.")
@with_weights
def project(**options: Any) -> None:
    """Find the person in PHOTO among those whom the generator can draw, for --person.

    The sheet shows the photograph, the likeness, and the likeness at rest, happy, surprised and sad.
    """
    from installation import stills

    stills.project(**options)


@main.command()
@click.argument("person", metavar="PHOTO|PERSON", type=Who(is_photo_read=True))
@click.option("--like", type=FILE, required=True, help="The photograph whose expression is taken.")
@click.option("-o", "--output", type=FILE, required=True, help="The picture to write.")
@steps_option
@click.option("--size", type=click.IntRange(16, 4096), help="Side in pixels.  [default: the generator's]")
@with_weights
def express(**options: Any) -> None:
    """Draw the first one's face with the second one's action units."""
    from installation import stills

    sitter = Sitter(options["weights"], options["device"], options["person"], truncation=None)
    stills.express(sitter, options["like"], options["output"], options["num_steps"], options["size"])


@main.command()
@click.argument("source", metavar="IN", type=FILE)
@click.option("-o", "--output", type=FILE, required=True, help="The weights to write: NAME.safetensors.")
@click.option("--title", help="What it is called.  [default: the name of IN]")
@click.option("--licence", help="What its makers allow, to be kept with it.")
def convert(**options: Any) -> None:
    """Turn another project's StyleGAN2, IN, into weights that this one can play.

    IN is NVlabs' .pkl (stylegan2-ada-pytorch, the StyleGAN2 of stylegan3, or the original of TensorFlow), or
    rosinality's .pt. It is read without running what is in it. What moves the face then is made by
    `python -m training.adopt`: docs/adopt.md.
    """
    from installation import convert

    convert.convert(**options)


@main.command()
@click.option(
    "--site", type=FILE, help="The site.yaml to write.  [default: the one that `run` finds by itself]"
)
@click.option(
    "--show/--no-show", "is_shown", default=True, help="Show the portrait afterwards.  [default: yes]"
)
@click.option(
    "--seconds", type=Finite(0, min_open=True), help="Stop the show after this long.  [default: never]"
)
def hang(site: Path | None, *, is_shown: bool, seconds: float | None) -> None:
    """Hang the portrait: choose monitor, rotation and camera with a few keys, and keep them in a site.yaml.

    Each monitor shows a test card with its number. Left and right choose the monitor, up and down turn the
    picture, F has it whole or fill the screen, Enter accepts. Then the camera: N for the next one, 0 for
    none, Enter. Esc leaves, and nothing is written. Of a site.yaml that is there only those values change.
    """
    from installation import hang

    path = hang.hang(site)
    if path is None:
        return
    click.echo(path)
    if is_shown:
        limit = [] if seconds is None else ["--seconds", str(seconds)]
        show_anew("run", "--site", str(path), *limit)


@main.command()
@click.option("--lan", "is_lan", is_flag=True, help="For the network, and not for this computer alone.")
@click.option("--port", type=click.IntRange(1, 65535), help="Where to serve it.  [default: 8081]")
def desk(port: int | None, *, is_lan: bool) -> None:
    """Open the operator's page at the show that runs here, until Ctrl-C or the end of the show.

    With --lan it can be opened from phones, by a QR code that holds a key; whoever has it works the portrait.
    The page is docs/desk.md; the site's own is served all the time, at 127.0.0.1:8080 if its site.yaml says
    nothing else.
    """
    from installation.desk.attached import attach
    from installation.stage.child import give_way
    from installation.supervision.folders import state_folder

    give_way()
    attach(state_folder(), port, click.echo, is_lan=is_lan)


@main.command()
@site_option
def doctor(site: Path | None) -> None:
    """Look the set-up over: what is well (✓), doubtful (!) or broken (✗), and what to do about it.

    Nothing is changed, and of the camera's pictures none is kept. Exit code 0: nothing is broken; 2: it is.
    """
    from installation.doctor.examination import doctor

    lines, is_broken = doctor(site, WEIGHTS, CHOREOGRAPHY)
    click.echo("\n".join(lines))
    if is_broken:
        click.get_current_context().exit(2)


def show_anew(*args: str) -> None:
    """Another command, in the place of this process: PyTorch's compiler may crash beside what a window loads,
    unless it was there before.
    """
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, str(ROOT / "run_installation.py"), *args])


def hold_standard_streams() -> None:
    """Where the program was begun without some of its three streams: or files that it opens would take their
    numbers, and what a library prints would be written into them.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free


def entry(args: list[str] | None = None) -> int:
    """Run the command line; → the exit code: 0 done, 2 the input is wrong, one line a fault, 130 Ctrl-C."""
    hold_standard_streams()
    try:
        code = main(args, standalone_mode=False)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except (click.Abort, KeyboardInterrupt):  # but the show, which ends so as well
        click.echo("stopped", err=True)
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return 2
    except InputError as error:
        click.echo(str(error), err=True)
        return 2
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(entry())
