"""Files and frames to cubes. Not for Lambda, which has neither pandas nor Arrow and loads snapshots."""
