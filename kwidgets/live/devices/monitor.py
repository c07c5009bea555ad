class DeviceMonitor:
    latest = ()

    def start(self):
        pass

    def stop(self):
        pass
