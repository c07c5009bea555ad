"""Models from files of Caffe: prototxt, caffemodel, solver and mean files."""
