"""What processes say to each other: control schema, worker link, ids and epochs.

Source: ours. Nothing here imports another package of the project.
"""
