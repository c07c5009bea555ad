"""Write what was done to a fit as Python source that does it again without kwidgets."""
