"""A headless Chromium, where there is one: Debian has it as chromium and chromium-driver."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

PHONE: Final = (390, 844)
DESKTOP: Final = (1440, 900)

CHROMIUM: Final = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER: Final = shutil.which("chromedriver")
MISSING: Final = (
    "" if CHROMIUM and DRIVER else "no chromium and chromedriver here (apt: chromium chromium-driver)"
)


@contextmanager
def browser(size: tuple[int, int] = DESKTOP, density: float = 1) -> Iterator[Chrome]:
    """A browser whose pages are so many CSS pixels wide and high, until the context is left."""
    assert CHROMIUM and DRIVER, MISSING
    options = ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--mute-audio",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(DRIVER))
    try:
        resize(driver, size, density)
        yield driver
    finally:
        driver.quit()


def resize(driver: Chrome, size: tuple[int, int], density: float = 1) -> None:
    """As a device of that size sees it; narrow ones are touched."""
    width, height = size
    is_phone = width < 600
    metrics = {"width": width, "height": height, "deviceScaleFactor": density, "mobile": is_phone}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": is_phone})
