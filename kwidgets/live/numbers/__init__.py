"""The numbers of a fit, as plain data: knows neither Keras nor Plotly nor Jupyter."""
