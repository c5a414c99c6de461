// The service worker. It shows pushed messages; other jobs of it lie in files
// of their own that are imported here.
import '../internal/server/web/notifications/pushed'
import '../internal/server/web/offline/worker'
