package activity

import (
	"cmp"
	"math"
	"slices"

	"sepiola/internal/domain/video"
)

// shape makes resolution, width and height agree. Some sites say the height
// of an upright video, some its resolution, which is the shorter edge.
func shape(f *video.File, aspect float64) {
	switch {
	case f.Width == 0 || f.Height == 0:
	case f.Width < f.Height:
		f.Resolution = f.Width
	case f.Width == f.Height && aspect > 0 && aspect < 1:
		f.Height = int(math.Round(float64(f.Width) / aspect))
	}
}

// order sorts the files, best first, with their magnet links.
func (v *Video) order() {
	type pair struct {
		file   video.File
		magnet string
	}
	list := make([]pair, len(v.Files))
	for i, f := range v.Files {
		list[i] = pair{f, v.Magnets[i]}
	}
	slices.SortStableFunc(list, func(a, b pair) int {
		return cmp.Or(cmp.Compare(b.file.Resolution, a.file.Resolution), cmp.Compare(b.file.FPS, a.file.FPS),
			cmp.Compare(a.file.PlaylistID, b.file.PlaylistID))
	})
	for i, p := range list {
		v.Files[i], v.Magnets[i] = p.file, p.magnet
	}
}

// sortPictures puts the largest first; those of unknown size keep their place.
func sortPictures(list []Picture) {
	slices.SortStableFunc(list, func(a, b Picture) int { return cmp.Compare(b.Width, a.Width) })
}
