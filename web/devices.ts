import '../internal/server/web/notifications/devices'
