package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/storage/sqldb"
)

const actorImageColumns = `i.actor_id, i.id, i.type, i.filename, i.width, i.height, i.created_at, i.updated_at`

// ownedImage is an image and whose it is.
type ownedImage struct {
	owner actor.ID
	actor.Image
}

func scanOwnedImage(r sqldb.Row) (i ownedImage, err error) {
	return i, r.Scan(&i.owner, &i.ID, &i.Type, &i.Filename, &i.Width, &i.Height, &i.CreatedAt, &i.UpdatedAt)
}

// imageTexts selects the images of actor x as a text, largest first: whoever
// reads some actors by id has them without a query more. ownImages scans it.
const imageTexts = `COALESCE((SELECT string_agg(concat_ws('` + betweenFields + `', i.id, i.type, i.width, i.height, i.created_at, i.updated_at,
		replace(i.filename, '` + betweenFiles + `', '')), '` + betweenFiles + `' ORDER BY i.type, i.width DESC, i.id)
	FROM actor_images i WHERE i.actor_id = x.id), '')`

// ownImages are those of one actor.
type ownImages struct{ avatars, banners []actor.Image }

// Scan implements sql.Scanner.
func (o *ownImages) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("%T is no text of images", src)
	}
	if text == "" {
		return nil
	}
	for line := range strings.SplitSeq(text, betweenFiles) {
		i, err := imageOf(line)
		if err != nil {
			return err
		}
		if i.Type == actor.Avatar {
			o.avatars = append(o.avatars, i)
		} else {
			o.banners = append(o.banners, i)
		}
	}
	return nil
}

// imageOf reads one image; its name, the last, may hold anything.
func imageOf(line string) (i actor.Image, err error) {
	part := strings.SplitN(line, betweenFields, 7)
	if len(part) != 7 {
		return i, fmt.Errorf("an image of %d parts", len(part))
	}
	var number [4]int
	for n := range number {
		if number[n], err = strconv.Atoi(part[n]); err != nil {
			return i, err
		}
	}
	i = actor.Image{ID: actor.ImageID(number[0]), Type: actor.ImageType(number[1]), Width: number[2], Height: number[3], Filename: part[6]}
	if i.CreatedAt, err = sqldb.ParseTime(part[4]); err != nil {
		return i, err
	}
	i.UpdatedAt, err = sqldb.ParseTime(part[5])
	return i, err
}

// addImages reads the images of actors in one query, largest first.
func (s Actors) addImages(ctx context.Context, actors []*actor.Actor) error {
	if len(actors) == 0 {
		return nil
	}
	byID := make(map[actor.ID]*actor.Actor, len(actors))
	ids := make([]actor.ID, 0, len(actors))
	for _, a := range actors {
		byID[a.ID] = a
		ids = append(ids, a.ID)
	}
	text, args := sqldb.In(sqldb.From(`actor_images i`), `i.actor_id`, padded(ids)).
		OrderBy(`i.actor_id, i.type, i.width DESC, i.id`).Select(actorImageColumns)
	images, err := sqldb.All(ctx, s.DB, scanOwnedImage, text, args...)
	if err != nil {
		return err
	}
	for _, i := range images {
		a := byID[i.owner]
		if i.Type == actor.Avatar {
			a.Avatars = append(a.Avatars, i.Image)
		} else {
			a.Banners = append(a.Banners, i.Image)
		}
	}
	return nil
}

// ReplaceImages gives an actor other images of a type, or none, and returns
// those it had. The new ones get their ids.
func (s Actors) ReplaceImages(ctx context.Context, id actor.ID, t actor.ImageType, images []actor.Image) (old []actor.Image, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		gone, err := sqldb.ReturningAll(ctx, s.DB, scanOwnedImage,
			`DELETE FROM actor_images AS i WHERE i.actor_id = $1 AND i.type = $2 RETURNING actor_id, id, type, filename, width, height, created_at, updated_at`, id, t)
		if err != nil {
			return err
		}
		old = make([]actor.Image, len(gone))
		for n, i := range gone {
			old[n] = i.Image
		}
		for n := range images {
			i := &images[n]
			i.ID, err = sqldb.Returning(ctx, s.DB, sqldb.Value[actor.ImageID], `
				INSERT INTO actor_images (actor_id, type, filename, width, height, created_at, updated_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
				id, t, i.Filename, i.Width, i.Height, i.CreatedAt, i.UpdatedAt)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return old, err
}

// ImageFilenames returns the files of an actor's images, of both types.
func (s Actors) ImageFilenames(ctx context.Context, id actor.ID) ([]string, error) {
	return sqldb.All(ctx, s.DB, sqldb.Value[string], `SELECT filename FROM actor_images WHERE actor_id = $1 ORDER BY id`, id)
}
