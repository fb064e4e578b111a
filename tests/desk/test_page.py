"""The page in a real browser, at a stage: what a curator does, and what the show and the file have of it."""

import json
import re
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from installation.notation.document import parse_choreography
from installation.ports import Command, Play, Try
from tests.desk.browser import DESKTOP, MISSING, resize
from tests.desk.curator import Curator
from tests.desk.opened import Masks, opened
from tests.desk.stage import staged

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)

PHONE = (375, 812)
SECTIONS = ("now", "health", "choreography", "hand", "day")


# --- now ----------------------------------------------------------------------------------------------------


def test_it_says_what_plays_and_why_beside_the_picture(curator: Curator) -> None:
    curator.open("now")
    curator.until(lambda: curator.find("#now .portrait img").is_displayed())
    curator.until(lambda: curator.run("return document.querySelector('#now img').naturalWidth") == 256)
    assert curator.text("#mood") == "Wandering"
    assert "tender" in curator.text("#gesture").lower()
    assert "Wandering since" in curator.text("#why")
    assert [text.split("\n")[1] for text in curator.texts("#next li")] == ["doubt", "awed", "delighted"]
    assert len(curator.all("#else .bar")) == 8


def test_the_buttons_ask_for_what_they_say(curator: Curator) -> None:
    curator.open("now")
    curator.press("#go")
    curator.has_asked(Command.GO)
    curator.until(lambda: "the desk asked for it" in curator.text("#why"))
    curator.press("#pause")
    curator.has_asked(Command.PAUSE)
    curator.until(lambda: curator.text("#pause") == "Resume")
    curator.press("#pause")
    curator.has_asked(Command.RESUME)
    curator.press('#moods [data-name="doubting"]')
    curator.has_asked(Play(mood="doubting", by="the desk"))
    curator.press('#gestures [data-name="awed"]')
    curator.has_asked(Play(gesture="awed", by="the desk"))
    curator.find("#person").send_keys("7", Keys.ENTER)
    curator.has_asked(Play(person=7, by="the desk"))


def test_it_gets_dark_after_a_second_press_alone_and_light_at_the_first(curator: Curator) -> None:
    curator.open("now")
    curator.press("#blackout")
    assert curator.find("#blackout").get_attribute("data-asks") == "Make it dark?"
    assert Command.BLACKOUT not in curator.stage.show.asked
    curator.press("#blackout")
    curator.has_asked(Command.BLACKOUT)
    curator.until(lambda: "a blackout" in curator.text("#now figcaption"))
    curator.press("#blackout")
    curator.has_asked(Command.LIGHT)


def test_a_visitor_is_not_pictured_and_can_be_erased(curator: Curator) -> None:
    curator.open("now")
    curator.until(lambda: curator.find("#now .portrait img").is_displayed())
    assert not curator.find("#erase").is_enabled()
    curator.stage.show.is_visitor = True
    curator.until(lambda: "for the wall alone" in curator.text("#now figcaption"))
    assert not curator.find("#now .portrait img").is_displayed()
    curator.press("#erase")
    curator.has_asked(Command.ERASE)
    curator.until(lambda: not curator.find("#erase").is_enabled())


def test_what_is_refused_is_said(curator: Curator) -> None:
    curator.open("now")
    curator.find("#person").send_keys("nobody.safetensors", Keys.ENTER)
    curator.until(lambda: "nobody.safetensors" in curator.text("#told"))


# --- the editor ---------------------------------------------------------------------------------------------


def test_an_error_stands_at_its_line(curator: Curator) -> None:
    curator.read_score()
    line = curator.line_of("tender: 3")
    curator.write("tender: 3", "tendr: 3")
    curator.until(lambda: curator.all('.mark[data-fault="error"]'))
    mark = curator.find('.mark[data-fault="error"]')
    assert "tendr" in mark.get_property("textContent")
    assert curator.run("return arguments[0].style.getPropertyValue('--line')", mark) == str(line - 1)
    assert curator.find(f".number:nth-child({line})").get_attribute("data-fault") == "error"
    assert curator.text(".fault b") == f"Line {line}"
    assert not curator.find("#rehearse").is_enabled()
    curator.press(".fault")
    caret = curator.run(
        "const a = arguments[0]; return a.value.slice(0, a.selectionStart)", curator.find("#text")
    )
    assert caret.count("\n") + 1 == line
    curator.find("#text").send_keys(Keys.CONTROL, "z")
    curator.until(lambda: not curator.all('.mark[data-fault="error"]'))


def test_every_gesture_has_its_face_and_is_tried_from_its_line(curator: Curator) -> None:
    curator.read_score()
    names = list(curator.stage.show.score.gestures)
    lines = [f".number:nth-child({curator.line_of(f'{chr(10)}  {name}:') + 1})" for name in names]
    curator.until(lambda: all(curator.all(f"{line} button img[src]") for line in lines))
    curator.write("sad: {emotion: sad, intensity: 0.75", "sad: {emotion: sad, intensity: 0.5")
    curator.until(lambda: curator.text("#card-name") == "sad")
    curator.press("#try")
    curator.until(lambda: any(isinstance(asked, Try) for asked in curator.stage.show.asked))
    (tried,) = [asked for asked in curator.stage.show.asked if isinstance(asked, Try)]
    assert (tried.gesture.name, tried.gesture.intensity) == ("sad", 0.5)
    assert "intensity: 0.75" in curator.score


def test_it_is_applied_after_a_dry_run_of_this_very_text(curator: Curator) -> None:
    curator.read_score()
    before = curator.score
    curator.write("startled: 1, listening: 1", "listening: 1")
    curator.until(lambda: "Edited" in curator.text("#apply-told"))
    assert not curator.find("#apply").is_enabled()
    curator.rehearse()
    assert "startled" in curator.text("#never")
    curator.write("title: The long", "title: The longest")
    curator.until(curator.is_old)
    assert not curator.find("#apply").is_enabled()
    curator.rehearse()
    curator.press("#apply")
    curator.until(lambda: "Applied" in curator.text("#apply-told"))
    score = parse_choreography(curator.score.encode(), "")
    assert score.title == "The longest afternoon"
    assert "startled" not in score.moods["a_noise"].gestures
    kept = curator.stage.show.choreography.with_suffix(".yaml.before")
    assert kept.read_text(encoding="utf-8") == before


def test_what_was_saved_elsewhere_is_shown_and_nothing_is_lost(curator: Curator) -> None:
    curator.read_score()
    curator.write("title: The long afternoon", "title: Mine")
    curator.rehearse()
    theirs = curator.score.replace("seed: daily", "seed: 3")
    curator.stage.show.choreography.write_text(theirs, encoding="utf-8")
    curator.press("#apply")
    curator.until(lambda: curator.find("#conflict").is_displayed())
    assert [text.split()[-1] for text in curator.texts("#difference .added code")] != []
    assert "seed: 3" in curator.text("#difference .added")
    assert "seed: daily" in curator.text("#difference .removed")
    assert "title: Mine" in curator.written
    assert curator.score == theirs
    curator.press("#keep-mine")
    curator.rehearse()
    curator.press("#apply")
    curator.until(lambda: "title: Mine" in curator.score)


def test_what_is_on_the_disk_can_be_taken_and_undone(curator: Curator) -> None:
    curator.read_score()
    curator.write("title: The long afternoon", "title: Mine")
    theirs = curator.score.replace("seed: daily", "seed: 3")
    curator.stage.show.choreography.write_text(theirs, encoding="utf-8")
    curator.run("window.dispatchEvent(new Event('focus'))")
    curator.until(lambda: curator.find("#conflict").is_displayed())
    resize(curator.driver, PHONE)
    assert curator.run("return document.documentElement.scrollWidth") == PHONE[0]
    resize(curator.driver, DESKTOP)
    curator.press("#take-theirs")
    assert curator.written == theirs
    curator.find("#text").send_keys(Keys.CONTROL, "z")
    assert "title: Mine" in curator.written


def test_what_is_not_applied_survives_another_opening_of_the_page(curator: Curator) -> None:
    curator.read_score()
    curator.write("title: The long afternoon", "title: Mine")
    curator.until(lambda: "Edited" in curator.text("#apply-told"))
    leaving = "const left = new Event('beforeunload', {cancelable: true}); return !dispatchEvent(left)"
    assert curator.run(leaving), "it asks before it goes"
    curator.driver.refresh()
    curator.until(lambda: "title: Mine" in curator.written)
    assert "title: The long afternoon" in curator.score
    curator.press("#discard")
    curator.press("#discard")
    assert curator.written == curator.score


def test_tab_and_enter_write_yaml(curator: Curator) -> None:
    curator.read_score()
    curator.write("start: wandering", "night:")
    text = curator.find("#text")
    text.send_keys(
        Keys.ENTER, "a: 1", Keys.ENTER, Keys.TAB, "b: 2", Keys.ENTER, Keys.SHIFT, Keys.TAB, Keys.NULL, "c: 3"
    )
    assert "night:\n  a: 1\n    b: 2\n  c: 3\n" in curator.written
    text.send_keys(Keys.ESCAPE, Keys.TAB)
    assert curator.run("return document.activeElement.id") != "text"


# --- by hand ------------------------------------------------------------------------------------------------


def test_a_slider_is_held_told_again_and_let_go_of(curator: Curator) -> None:
    curator.open("hand")
    curator.until(lambda: curator.all("#slide-AU12"))
    curator.slide("AU12", 0.6)
    curator.until(lambda: len(curator.moves("AU12")) >= 3)
    assert set(curator.moves("AU12")) == {0.6}
    assert "lip corner puller" in curator.text("#hand-told")
    curator.press(".is-held .release")
    curator.until(lambda: curator.moves("AU12")[-1] is None)
    assert not curator.find("#let-go").is_enabled()


def test_rivals_are_shown_as_such(curator: Curator) -> None:
    curator.open("hand")
    curator.until(lambda: curator.all("#slide-AU24"))
    curator.slide("AU24", 0.8)
    curator.until(lambda: "lip pressor" in curator.text("#rival-AU25"))
    assert curator.text("#rival-AU12") == ""
    curator.press("#let-go")
    curator.until(lambda: curator.text("#rival-AU25") == "")


def test_what_is_held_is_saved_as_a_gesture(curator: Curator) -> None:
    curator.open("hand")
    curator.until(lambda: curator.all("#slide-AU12"))
    curator.slide("AU12", 0.6)
    curator.slide("yaw", 6)
    assert curator.text("#definition") == "AU12 0.60, turn of the head 6°"
    curator.find("#save-name").send_keys("sly", Keys.ENTER)
    curator.until(lambda: "in the choreography" in curator.text("#save-told"))
    gesture = parse_choreography(curator.score.encode(), "").gestures["sly"]
    assert (gesture.aus, gesture.controls) == ({12: 0.6}, {"yaw": 6.0})
    curator.press('nav a[href="#choreography"]')
    assert curator.written == curator.score


# --- all of it ----------------------------------------------------------------------------------------------


def test_the_day_has_a_row_for_each_hour_and_tells_what_happened(curator: Curator) -> None:
    curator.open("day")
    curator.until(lambda: len(curator.all(".hour")) == 25)
    assert curator.all(".hour rect")
    kinds = set(curator.texts("#events .kind"))
    assert {"doors", "fault", "camera"} <= kinds


def test_hours_before_the_first_evening_are_not_drawn(curator: Curator) -> None:
    hour_ns = 3600 * 10**9
    utc_ns = time.time_ns() // hour_ns * hour_ns - 2 * hour_ns
    event = {"utc_ns": utc_ns, "kind": "mood", "text": "wandering"}
    curator.stage.timeline.write_text(json.dumps(event) + "\n")
    curator.open("day")
    curator.until(lambda: len(curator.all(".hour")) == 3)
    assert "Nothing was written down before" in curator.text("#day-told")


def test_the_log_is_told_by_the_clock_of_the_place(curator: Curator) -> None:
    curator.stage.log.write_text("2026-09-10T16:03:07.512345Z taken up\n")
    curator.open("health")  # the stage is in Berlin
    curator.until(lambda: re.fullmatch("10 Sept?, 18:03:07  taken up", curator.text("#log")))


def test_a_question_can_be_read_where_the_mouse_is(curator: Curator) -> None:
    curator.open("now")
    curator.press("#blackout")
    colours = "const of = getComputedStyle(arguments[0], arguments[1]); return of[arguments[2]]"
    button = curator.find("#blackout")
    told = curator.run(colours, button, "::after", "color")
    curator.until(lambda: curator.run(colours, button, None, "backgroundColor") == "rgb(242, 184, 120)")
    assert told == "rgb(29, 18, 7)"


def test_health_is_told_in_words_and_with_the_log(curator: Curator) -> None:
    curator.open("health")
    curator.until(lambda: "line 499" in curator.text("#log"))
    curator.until(lambda: curator.text("#verdict") == "All is well.")
    rows = "return [...document.querySelectorAll('#findings dt')].map((each) => each.dataset.judgement)"
    assert curator.run(rows) == ["good"] * 8


@pytest.mark.parametrize("section", SECTIONS)
def test_a_telephone_scrolls_in_one_direction_only(curator: Curator, section: str) -> None:
    resize(curator.driver, PHONE)
    curator.open(section)
    curator.until(
        lambda: not curator.run("return document.querySelector('main > section:not([hidden])') === null")
    )
    assert curator.run("return document.documentElement.scrollWidth") == PHONE[0]
    small = curator.run(
        "const pressed = 'main > section:not([hidden]) :is(button, select, input), nav a';"
        "return [...document.querySelectorAll(pressed)]"
        ".filter((each) => each.offsetParent && !each.closest('[aria-hidden]'))"
        ".map((each) => [each.id || each.className, each.getBoundingClientRect().height])"
        ".filter(([, height]) => height < 24)"
    )
    assert small == [], "a finger hits nothing lower"


def test_a_desk_that_is_gone_is_said_and_found_again(driver: Any, mask: bytes, tmp_path: Path) -> None:
    resize(driver, DESKTOP)
    with ExitStack() as stack:
        stage = stack.enter_context(staged(tmp_path))
        with opened(stage, Masks(mask)) as url:
            curator = Curator(driver, stage, url)
            curator.open("now")
            assert curator.find("#go").is_enabled()
        curator.until(lambda: curator.sign == "lost")
        assert not curator.find("#go").is_enabled()
        assert "cannot be reached" in curator.text("#line")
        with opened(stage, Masks(mask), int(url.rstrip("/").rpartition(":")[2])):
            curator.until(lambda: curator.sign == "fine")
            assert curator.find("#go").is_enabled()
            driver.get("about:blank")


def test_a_page_with_an_old_key_says_so_and_goes_on_with_the_new_one(
    driver: Any, mask: bytes, tmp_path: Path
) -> None:
    resize(driver, PHONE)
    with ExitStack() as stack:
        stage = stack.enter_context(staged(tmp_path))
        with opened(stage, Masks(mask), token="monday") as url:
            curator = Curator(driver, stage, url)
            driver.get(f"{url}?token=monday")
            curator.until(lambda: curator.sign == "fine")
            assert "monday" not in driver.current_url
        with opened(stage, Masks(mask), int(url.rstrip("/").rpartition(":")[2]), token="tuesday"):
            curator.until(lambda: "no key" in curator.text("#line"))
            old = driver.current_window_handle
            driver.switch_to.new_window("tab")
            driver.get(f"{url}?token=tuesday")
            curator.until(lambda: curator.sign == "fine")
            driver.close()
            driver.switch_to.window(old)
            curator.until(lambda: curator.sign == "fine")
            driver.delete_all_cookies()
            driver.get("about:blank")


def test_nothing_is_fetched_from_anywhere_else(curator: Curator) -> None:
    curator.open("now")
    curator.until(lambda: curator.find("#now .portrait img").is_displayed())
    fetched = curator.run("return performance.getEntriesByType('resource').map((each) => each.name)")
    assert len(fetched) > 10
    assert [each for each in fetched if not each.startswith((curator.url, "blob:" + curator.url))] == []


def test_what_is_written_stays_text(curator: Curator) -> None:
    name = "<img src=x onerror=alert(1)>"
    event = {"utc_ns": time.time_ns(), "kind": "fault", "text": name}
    curator.stage.timeline.write_text(json.dumps(event) + "\n")
    curator.stage.log.write_text(name + "\n")
    curator.open("day")
    curator.until(lambda: name in curator.text("#events"))
    curator.open("health")
    curator.until(lambda: name in curator.text("#log"))
    curator.read_score()
    curator.write("  unaware:", f'  "{name}": {{emotion: sad}}\nunaware:')  # a new line is indented
    titles = "return [...document.querySelectorAll('.number button')].map((each) => each.title)"
    curator.until(lambda: any(name in title for title in curator.run(titles)))
    assert curator.all("img[src='x']") == []
