"""What was converted from another project's checkpoint goes on into `adopt` as any generator does."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from skimage.data import astronaut

from models import au_reader
from models.checkpoint import companion_path, load_generator
from models.whole_pictures import with_whole_pictures
from run_installation import entry
from tests.models.conversion.writers import FORMATS, SMALL, generator_of
from tests.models.tiny import write_tiny_encoder, write_tiny_reader, write_tiny_weights
from tests.training.commands import invoke
from training import adopt
from training.fit_pseudo_autoencoder import random_people


@pytest.fixture(scope="module")
def readers_of(tmp_path_factory) -> Path:
    path = write_tiny_weights(tmp_path_factory.mktemp("own"))
    write_tiny_encoder(path)
    write_tiny_reader(path)
    return path


@pytest.fixture(scope="module")
def photographs(tmp_path_factory) -> Path:
    """A folder as OSU's: one person, two expressions."""
    folder = tmp_path_factory.mktemp("osu")
    for emotion in (1, 2):
        cv2.imwrite(
            str(folder / f"{emotion:02d}_101_1.jpg"), np.ascontiguousarray(astronaut()[:320, 60:380, ::-1])
        )
    (folder / "AU_annotation_all_subjects.csv").write_text("subject,emotion,AU12\n101,1,0\n101,2,1\n")
    return folder


@pytest.mark.parametrize("name", ["nvlabs", "tensorflow", "rosinality"])
def test_a_converted_generator_is_adopted(name, tmp_path, readers_of, photographs):
    weights = tmp_path / "faces.safetensors"
    FORMATS[name](tmp_path / "theirs", generator_of(SMALL))
    assert entry(["convert", str(tmp_path / "theirs"), "-o", str(weights)]) == 0
    told = invoke(adopt.main, weights, "--osu", photographs, "--readers-of", readers_of, "--dry-run")
    assert "2 pictures" in told
    assert f"{au_reader.KIND}: missing" in told
    generator = load_generator(weights)
    adoption = adopt.Adoption(generator, load_generator(readers_of), (), tmp_path / "run", 1.0, "cpu")
    assert adopt.adopt_au_reader(adoption)
    assert companion_path(weights, au_reader.KIND).is_file()
    au_reader.load_au_reader(load_generator(weights))
    # The people whom its encoder learns from, and what they look like.
    people = random_people(generator.generator)[:2]
    whole = with_whole_pictures(generator.generator)
    drawn = whole.synthesis(people)
    assert drawn.shape == (2, 3, 32, 32)
    assert torch.equal(drawn, generator_of(SMALL).synthesis(people))
