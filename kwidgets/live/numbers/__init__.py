"""The numbers of a fit as plain data; imports neither Keras nor Plotly nor Jupyter."""
