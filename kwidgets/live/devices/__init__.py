"""What a fit computes on: in words, how busy it is, and whether a GPU lies idle unseen."""
