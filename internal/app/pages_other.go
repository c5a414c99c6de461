//go:build !linux

package app

import "context"

// forgetStart leaves the program's pages to the system.
func (a *App) forgetStart(context.Context) {}
