package actor

// Handle is what this site's addresses and lists call somebody: the name, with
// the host for actors of other sites.
func (a *Actor) Handle() string {
	if a.Local() {
		return a.Username
	}
	return a.Username + "@" + a.Host
}

// FullHandle is what other sites call somebody: name@host. ownHost is this
// site's.
func (a *Actor) FullHandle(ownHost string) string {
	if a.Local() {
		return a.Username + "@" + ownHost
	}
	return a.Username + "@" + a.Host
}
