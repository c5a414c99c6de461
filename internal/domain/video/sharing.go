package video

// Shared reports whether viewers may pass pieces of a video to each other:
// what everybody with its address may watch is complete, and neither its owner
// nor that of its channel is against it. The channel must be loaded. Whether
// the site and a viewer want to is theirs to say.
func (v *Video) Shared() bool {
	return (v.Privacy == Public || v.Privacy == Unlisted) && v.State == Published && v.MayShare()
}

// MayShare reports whether the owners of a video and of its channel let
// viewers share, whoever may watch it.
func (v *Video) MayShare() bool {
	return !v.P2PDisabled && (v.Channel == nil || !v.Channel.P2PDisabled)
}
