"""Watch and steer training loops of the user's own: ``LiveLoop``."""
