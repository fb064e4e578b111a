"""A head as arrays: form, skin, hair, eyes and teeth of one person, in numpy and scipy alone.

    model = HeadModel.load(path)                        # built once by data.py
    neutral = model.neutral(person.identity)            # coarse vertices [m, 3] at rest
    worn = covering(model, neutral, look.covering, look.hair.style)  # None for who wears none
    grooming = groom(model, neutral, person, worn)      # every hair of the person
    paint = skin.paint(model, Regions.of(model), person, grooming.scalp)
    moved = model.with_actions(neutral, actions)        # an expression
    turn = model.turned(neutral, rotation(yaw, pitch, roll))
    points = turn.bend(model.fine(moved), model.fine_weights)

Everywhere: metres, z up, the face looks towards -y, x > 0 is the person's left. `coarse` vertices are the
base mesh's with its helpers [m, 3], `fine` ones the skin's after two Catmull–Clark steps [n, 3], `canonical`
coordinates those of the average head, on which everything that is painted or planted is drawn.

data.py, which runs once, also needs cv2.
"""
