"""The sight with the portrait's networks: what its process is started with."""

from installation.loading import draw_latent, load_face_reader, load_networks, load_projector
from installation.sight.assembly import live_sight
from installation.sight.sight import Sight
from run_installation import WEIGHTS


def portraits_sight() -> Sight:
    """With the networks of the portrait."""
    networks = load_networks(WEIGHTS)
    reader, projector = load_face_reader(networks), load_projector(networks)
    home = draw_latent(networks, 1, 0.7)
    return live_sight(reader.au_reader, projector.generator, projector.encoder, home, 70.0)
