"""What comes next if nobody interferes: the show played on by an understudy, without touching it."""

from installation.score.conductor import Conductor
from installation.score.phrase import Phrase
from installation.score.rehearsal import Understudy


def foresee(conductor: Conductor, offset_ns: int, num: int) -> tuple[Phrase, ...]:
    """The next phrases, cues and all, if no visitor comes and nobody asks for anything: at most `num`, of
    this day, while the doors are open. `offset_ns` is the clock's utc_ns less show time.
    """
    phrase = conductor.phrase
    if phrase is None or conductor.is_paused:
        return ()
    source = conductor.casting.face.aus_at(phrase.start_ns)
    double = conductor.double(Understudy(phrase, source, is_watched=False))
    foreseen: list[Phrase] = []
    while len(foreseen) < num and double.phrase:
        end_ns = double.phrase.end_ns
        utc_ns = end_ns + offset_ns
        if not double.goes_on_until(utc_ns):
            break
        foreseen += double.advance(end_ns, utc_ns)
    return tuple(foreseen[:num])
