"""Go on with a training where its checkpoint was taken, in another process."""
