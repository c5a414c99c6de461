import '../internal/server/web/upload/replace'
