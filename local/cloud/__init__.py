"""The cloud from a laptop: package, deploy, publish, drain, remove. Nothing here ships."""
