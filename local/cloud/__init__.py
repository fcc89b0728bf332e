"""The commands that package, deploy, publish and remove a stage on AWS."""
