"""How each type of Caffe's layers becomes layers of Keras: one module for each family."""
