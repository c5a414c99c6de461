package comment

import (
	"cmp"
	"context"
	"slices"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// PeerTube up to 8.2 sends threads whole, from 8.3 cut: ten replies of each
// comment, five levels. Clients of 8.2 know of no way to ask for more, so
// threads of ordinary size are sent whole to all, and only larger ones are cut.
// Both tell of each comment how many replies it has.
const (
	// WholeThread is how many replies a thread may have and still be sent
	// whole.
	WholeThread = 200
	// CutReplies is how many replies of one comment larger ones show.
	CutReplies = 10
	// CutLevels is how deep they go.
	CutLevels = 5
	// maxNodes bounds those too: ten replies on five levels are 111,110.
	maxNodes = 500
)

// Tree returns a thread of a video that a opens, with its replies.
func (s *Service) Tree(ctx context.Context, a video.Access, ref video.Ref, id ID) (*Node, error) {
	v, sight, err := s.seen(ctx, a, ref)
	if err != nil {
		return nil, err
	}
	c, err := s.of(ctx, v, id, sight)
	if err != nil {
		return nil, err
	}
	if !c.IsThread() {
		return nil, errs.New(errs.Invalid, "Video comment is not a thread.")
	}
	if v.CommentsPolicy == video.CommentsDisabled || c.Vanished {
		return nil, errs.New(errs.NotFound, "No comments were found")
	}
	root := &Node{Comment: c, Total: c.Replies}
	if c.TotalReplies <= WholeThread {
		list, err := s.Store.OfThread(ctx, c.ID, sight, 2*WholeThread+1)
		if err != nil {
			return nil, err
		}
		if len(list) <= 2*WholeThread { // empty places and held ones come on top
			grow(root, list)
			return root, nil
		}
	}
	return root, s.grow(ctx, sight, []*Node{root})
}

// Replies returns a page of the direct replies of a comment, each with what is
// below it, cut as a large thread is, and their number.
func (s *Service) Replies(ctx context.Context, a video.Access, ref video.Ref, id ID, start, count int) ([]*Node, int, error) {
	v, sight, err := s.seen(ctx, a, ref)
	if err != nil {
		return nil, 0, err
	}
	c, err := s.of(ctx, v, id, sight)
	if err != nil || v.CommentsPolicy == video.CommentsDisabled {
		return nil, 0, err
	}
	list, err := s.Store.Replies(ctx, c.ID, sight, start, count)
	if err != nil {
		return nil, 0, err
	}
	nodes := make([]*Node, len(list))
	for i, r := range list {
		nodes[i] = &Node{Comment: r, Total: r.Replies}
	}
	return nodes, max(int(c.Replies), start+len(list)), s.grow(ctx, sight, nodes)
}

// grow adds to a thread the replies that are all there are of it.
func grow(root *Node, list []*Comment) {
	nodes := map[ID]*Node{root.ID: root}
	for _, c := range list {
		nodes[c.ID] = &Node{Comment: c, Total: c.Replies}
	}
	// From below: an empty place without replies that can be seen is none.
	deepFirst := slices.Clone(list)
	slices.SortStableFunc(deepFirst, func(a, b *Comment) int { return cmp.Compare(b.Depth, a.Depth) })
	alive := make(map[ID]bool, len(list))
	for _, c := range deepFirst {
		if !c.Deleted() || alive[c.ID] {
			alive[c.ID], alive[c.ReplyTo] = true, true
		}
	}
	for _, c := range list {
		// Without a parent it answers somebody who is muted.
		if parent := nodes[c.ReplyTo]; parent != nil && alive[c.ID] {
			parent.Children = append(parent.Children, nodes[c.ID])
		}
	}
	for _, n := range nodes {
		n.Total = int64(len(n.Children))
	}
}

// grow adds to comments their first replies, level by level.
func (s *Service) grow(ctx context.Context, sight Sight, level []*Node) error {
	left := maxNodes
	for range CutLevels {
		var parents []ID
		byID := map[ID]*Node{}
		for _, n := range level {
			if n.Total > 0 && len(parents) < left/CutReplies+1 {
				parents = append(parents, n.ID)
				byID[n.ID] = n
			}
		}
		if len(parents) == 0 || left <= 0 {
			return nil
		}
		list, err := s.Store.FirstReplies(ctx, parents, sight, CutReplies)
		if err != nil {
			return err
		}
		level = make([]*Node, len(list))
		for i, c := range list {
			level[i] = &Node{Comment: c, Total: c.Replies}
			parent := byID[c.ReplyTo]
			parent.Children = append(parent.Children, level[i])
			parent.Total = max(parent.Total, int64(len(parent.Children)))
		}
		left -= len(list)
	}
	return nil
}
