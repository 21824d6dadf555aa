"""What `make bench` is made of: measure.py knows how to time, the other modules what."""
