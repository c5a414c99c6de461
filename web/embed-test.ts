import '../internal/server/web/embed/test'
