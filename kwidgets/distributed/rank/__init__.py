"""What runs in each worker: it joins the others, trains, and follows rank 0."""
