"""The sight with the portrait's networks: what its process is started with."""

from installation.loading import draw_latent, load_networks
from installation.sight.sight import FIELD_OF_VIEW_DEG, Sight
from installation.wiring import read_live_sight
from run_installation import WEIGHTS


def portraits_sight() -> Sight:
    """With the networks of the portrait."""
    return read_live_sight(WEIGHTS, draw_latent(load_networks(WEIGHTS), 1, 0.7), FIELD_OF_VIEW_DEG)
