"""Go on with a training where its checkpoint was taken, in another process.

For integrators, in the hooks of a callback of the fit::

    on_train_begin:
        data = FitData.find()                   # None: this fit cannot be resumed, nor recorded so
        data.watch()
        plan = ResumePlan.read(folder)          # CheckpointError: damaged, foreign or newer
        exactness = plan.exactness(model, data, callbacks, recorded_facts, current_facts)
        # Show exactness.findings, and offer what .may_resume and .may_take_weights allow. Then
        resumed = ResumedFit(plan)              # or ResumedFit(plan, "weights")
        resumed.begin(model, data, callbacks)   # False: .problem says why; it trains from its begin
        check = RetrainedPoints(points_of_the_run_file, plan.meta["step"])
    on_epoch_begin:        resumed.begin_epoch(epoch)
    on_train_batch_begin:  resumed.before_step(epoch, batch)    # before the checkpointer's
    when a sample is read: check.add(step, batches, values); check.verdict
    the fit is over:       resumed.end(); data.release()

``callbacks`` are all of the fit's, as ``FitFrame.callbacks()`` returns them. ``begin`` has to come
after the live view has prepared the learning rate. Bringing data to their place may take as long as
loading them did: ``on_batch`` tells the progress, and may raise KeyboardInterrupt.
"""
