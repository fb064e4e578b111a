"""How fast the portrait is here, beside StyleGAN2 as it was published: `make bench`."""
