"""Somebody before the page: how a test presses, types and reads."""

from collections.abc import Callable
from typing import Any, Final

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from installation.ports import Move, Request
from tests.desk.stage import Stage

WAIT_S: Final = 60  # on a machine that does other things as well


class Curator:
    """Somebody before the page."""

    def __init__(self, driver: Any, stage: Stage, url: str) -> None:
        self.driver, self.stage, self.url = driver, stage, url

    def open(self, section: str) -> None:
        self.driver.get("about:blank")  # another address, and so another page
        self.driver.get(f"{self.url}#{section}")
        self.until(lambda: self.sign == "fine")

    @property
    def sign(self) -> str:
        return str(self.find("#line").get_attribute("data-line"))

    def find(self, selector: str) -> Any:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[Any]:
        return list(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def text(self, selector: str) -> str:
        return str(self.find(selector).text)

    def texts(self, selector: str) -> list[str]:
        """Of all, at one instant: the page may draw them anew."""
        told = "return [...document.querySelectorAll(arguments[0])].map((each) => each.innerText)"
        return [str(text) for text in self.run(told, selector)]

    def press(self, selector: str) -> None:
        self.until(lambda: self.find(selector).is_enabled())
        self.find(selector).click()

    def until(self, holds: Callable[[], object]) -> None:
        drawn_anew = (StaleElementReferenceException,)
        WebDriverWait(self.driver, WAIT_S, 0.05, drawn_anew).until(lambda _: holds())

    def has_asked(self, request: Request) -> None:
        self.until(lambda: request in self.stage.show.asked)

    def run(self, script: str, *given: object) -> Any:
        return self.driver.execute_script(script, *given)

    # --- the editor ---

    @property
    def written(self) -> str:
        return str(self.find("#text").get_property("value"))

    def read_score(self) -> None:
        self.open("choreography")
        self.until(lambda: self.find("#verdict-told").get_attribute("data-check") in ("good", "watch"))

    def write(self, old: str, new: str) -> None:
        """Put `new` where `old` is, as if it were typed."""
        start = self.written.index(old)
        self.run(
            "const [area, start, end] = arguments; area.focus(); area.setSelectionRange(start, end)",
            self.find("#text"), start, start + len(old),
        )  # fmt: skip
        self.find("#text").send_keys(new or Keys.DELETE)

    def line_of(self, part: str) -> int:
        return self.written[: self.written.index(part)].count("\n") + 1

    def rehearse(self) -> None:
        """A dry run of an hour."""
        self.run("arguments[0].value = '1'", self.find("#hours"))
        self.press("#rehearse")
        self.until(lambda: self.find("#rehearsal").is_displayed() and not self.is_old())

    def is_old(self) -> bool:
        return "is-old" in str(self.find("#rehearsal").get_attribute("class"))

    @property
    def score(self) -> str:
        return self.stage.show.choreography.read_text(encoding="utf-8")

    # --- the sliders ---

    def slide(self, part: str, value: float) -> None:
        self.run(
            "const [slider, value] = arguments; slider.value = value;"
            "slider.dispatchEvent(new Event('input', {bubbles: true}))",
            self.find(f"#slide-{part}"),
            value,
        )

    def moves(self, part: str) -> list[float | None]:
        """What the show was told of a part."""
        asked = list(self.stage.show.asked)
        return [each.value for each in asked if isinstance(each, Move) and each.part == part]
