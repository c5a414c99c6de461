// What every page gets: small improvements of pages that work without them.
import '../internal/server/web/layout/layout'
import '../internal/server/web/playlists/filter'
import '../internal/server/web/layout/dialog'
import '../internal/server/web/layout/pick'
import '../internal/server/web/layout/shortcuts'
import '../internal/server/web/pager/pager'
import '../internal/server/web/manage/manage'
import '../internal/server/web/manage/choices'
import '../internal/server/web/manage/schedule'
import '../internal/server/web/subscriptions/subscribe'
import '../internal/server/web/card/later'
import '../internal/server/web/search/suggest'
import '../internal/server/web/offline/register'

// What only some readers have a use for is loaded for them alone.
if (document.querySelector('[data-bell]')) void import('../internal/server/web/bell/bell')
if (document.getElementById('open-app') && /android|iphone|ipod/i.test(navigator.userAgent)) void import('../internal/server/web/layout/openapp')
