"""One machine in place of AWS: worker threads, delayed callbacks, moto, and their wiring."""
