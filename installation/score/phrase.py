"""A phrase: one gesture, drawn and placed in time. What the mood scheduler hands to the portrait."""

from dataclasses import dataclass

NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Phrase:
    """One gesture as it will be played.

    `target` is the AU vector a_T to reach: 43 intensities in [0, 1] in the order of `ACTION_UNITS`. Instants
    and durations are integer nanoseconds of show time, so that they are exact on day 90 and at any frame
    rate.
    """

    number: int  # 0 for the first phrase of the show
    mood: str
    gesture: str
    target: tuple[float, ...]
    start_ns: int
    onset_ns: int  # the transition from wherever the portrait is to `target`
    hold_ns: int  # the time the target is held
    ease: str  # a name in `transition.EASES`
    is_chained: bool  # target latent from the latest latent (True) or from the anchor (False)

    @property
    def end_ns(self) -> int:
        return self.start_ns + self.onset_ns + self.hold_ns
