"""Write an imported model as a program that needs Keras alone."""
