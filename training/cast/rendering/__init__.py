"""Blender's side of the cast: a sitting and an expression → a picture, and the commands' work around it.

Pure, so that they are tested without Blender: `framing`, `lights`, `sitter`, `splits`, `overlay`, `entries`,
`ledger`. With bpy, which lives in an environment of its own: `blender`, `materials` with `skin_shader` and
`attire_shader`, `denoising`, `studio`. `production` runs studios in processes of their own and imports bpy
only there.
"""
