import '../internal/server/web/upload/upload'
