"""What is trained in consoles and by programs."""

IMPORTS = "import keras, numpy as np, kwidgets as kw"
MODEL = "model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])"
COMPILE = "model.compile('sgd', 'mse'); x, y = np.ones((64, 4)), np.ones((64, 1))"
FIT = "history = model.fit(x, y, batch_size=8, epochs=3)"
EVALUATE = "loss = model.evaluate(x, y)"
STATUS = "print('status', kw.latest().status, len(history.history['loss']))"
LOAD = "%load_ext kwidgets"

SETUP = (LOAD, f"{IMPORTS}; {MODEL}; {COMPILE}")
CELLS = (*SETUP, FIT, EVALUATE, STATUS)
FINISHED = "Training finished: 3 of 3 epochs"
EVALUATED = "Evaluated sequential"
