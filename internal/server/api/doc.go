// Package api serves /api/v1 in the shapes of PeerTube's REST API.
//
// One resource is one file and one struct: its exported fields are what it
// needs, and Mount adds its routes to a rest.Router, at paths relative to
// /api/v1. Handlers parse, call the domain and present; rules are not here.
// The present functions turn domain types into PeerTube's JSON, field by field
// and in its order, so that answers can be compared byte by byte.
package api
