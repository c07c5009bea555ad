def wire_devices(devices):
    return list(devices)
