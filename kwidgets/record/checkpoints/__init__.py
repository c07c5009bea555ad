"""Copies of the state of a training, in memory and on disk.

For integrators, what each part is for:

- ``training_state``: ``read_state(model, epoch, batch, buffers=HostBuffers())`` copies a state
  between two steps, ``state.set_variables(model)`` gives it back within the process. That is all
  that a guard against NaN needs: the fit then goes on with its next batch. On its thread only.
- ``checkpointer``: ``Checkpointer`` takes the checkpoints of a fit and writes them beside it.
- ``fit_data``: ``FitData.find()`` and ``watch()`` in ``on_train_begin``, ``release()`` when the fit
  is over. A checkpoint without it has no place in the data.
- ``read_checkpoint``: ``read_checkpoint(folder)`` returns the state of a checkpoint, verified.
  ``folder.CheckpointFolder.open(folder).meta`` has ``run_id``, ``step``, ``epoch``, ``batch``,
  ``reason``, ``label`` and ``created`` without reading the arrays.
- ``load_model``: ``load_model(folder, model_config, compile_config)`` returns a compiled model,
  ``set_weights(model, read_checkpoint(folder))`` fills one of the user's own, ``save_model`` writes
  Keras's own file.
- ``retention``: ``tidy(runs, run_id)`` keeps the budget; ``Checkpointer`` calls it.

``CheckpointError`` (with a text for the user) and ``ArchitectureError`` (with ``differences``) are
what reading raises.
"""
