import '../internal/server/web/embed/embed'
