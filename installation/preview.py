"""The contact sheet of a choreography: every gesture's face, mood by mood, on the person who is there."""

from dataclasses import dataclass
from pathlib import Path

from installation.loading import Networks, load_networks
from installation.notation.problems import printable
from installation.options import Show
from installation.ports import Image, Synthesizer
from installation.score.choreography import Choreography, Mood, Who
from installation.stage import pictures
from installation.stills import posed
from installation.texts import read_score
from installation.wiring import Troupe, gather, synthesizer_of
from installation.wording import say


def preview(show: Show, output: Path) -> None:
    """Write the contact sheet; warnings go to standard error.

    Raises:
        InputError: every fault of the score, of the weights, and of the people whom it names.
    """
    networks = load_networks(show.weights)
    loaded = networks.pseudo_autoencoder
    reading = read_score(show.choreography, loaded.learned_units, loaded.learned_controls)
    for warning in reading.warnings:
        say(str(warning))
    score = reading.choreography
    studio = Studio(networks, synthesizer_of(networks, show.device), score, gather(networks, show, score), {})
    rows = [*map(studio.row_of, score.moods.values()), *studio.rest()]
    title = printable(f"{score.title or 'Untitled'} · person {called(studio.troupe.resident)}")
    pictures.write(output, pictures.contact_sheet(title, rows))
    print(output)


@dataclass(frozen=True, slots=True)
class Studio:
    """Where the faces are drawn, each once."""

    networks: Networks
    synthesizer: Synthesizer
    score: Choreography
    troupe: Troupe
    drawn: dict[tuple[Who, str], Image]

    def row_of(self, mood: Mood) -> pictures.Row:
        """What a mood plays, with the weights where they are weighed."""
        who = self.troupe.resident if mood.person is None else mood.person
        notes = [] if mood.choose == "weighted" else [mood.choose]
        notes += [] if mood.person is None else [f"person {called(mood.person)}"]
        cells = [
            self.cell(who, name, f"weight {weight:g}" if mood.choose == "weighted" or not weight else "")
            for name, weight in mood.gestures.items()
        ]
        return pictures.Row(printable(mood.name), [printable(note) for note in notes], cells)

    def rest(self) -> list[pictures.Row]:
        """The gestures that no mood plays."""
        played = {name for mood in self.score.moods.values() for name in mood.gestures}
        cued = {cue.do for cue in self.score.cues}
        cells = [
            self.cell(self.troupe.resident, name, "by a cue" if name in cued else "never")
            for name in self.score.gestures
            if name not in played
        ]
        return [pictures.Row("in no mood", [], cells)] if cells else []

    def cell(self, who: Who, name: str, note: str) -> pictures.Cell:
        if (who, name) not in self.drawn:
            anchor, gesture = self.troupe.people[who], self.score.gestures[name]
            pose = posed(self.networks, anchor, gesture, is_binary=self.score.is_chained)
            self.drawn[who, name] = self.synthesizer.synthesize(pose.ws)
        return pictures.Cell(self.drawn[who, name], printable(name), note)


def called(who: Who) -> str:
    """A person's number, or the name of their file."""
    return str(who) if isinstance(who, int) else Path(who).name
