// Package app builds every part of the program from the configuration, runs
// them together and stops them in order.
//
// New makes the parts (storage.go, services.go, jobs.go, http.go), Run serves
// until it is told to stop. Commands use the same parts without a server
// (commands.go). Nobody imports this package but cmd.
package app
