package config

// Storage is the section storage.
type Storage struct {
	Tmp                string `key:"tmp" doc:"uploads under way and other temporary files"`
	TmpPersistent      string `key:"tmp_persistent" doc:"temp files that survive restart (archives, studio files)"`
	Avatars            string `key:"avatars" doc:"avatars and banners"`
	WebVideos          string `key:"web_videos" doc:"MP4 files"`
	StreamingPlaylists string `key:"streaming_playlists" doc:"HLS playlists and their videos"`
	OriginalVideoFiles string `key:"original_video_files" doc:"uploaded files that are kept"`
	Redundancy         string `key:"redundancy" doc:"mirrored remote HLS"`
	Previews           string `key:"previews" doc:"previews (kept for addresses of older sites)"`
	Thumbnails         string `key:"thumbnails" doc:"thumbnails"`
	Storyboards        string `key:"storyboards" doc:"storyboards"`
	Torrents           string `key:"torrents" doc:"torrents"`
	Captions           string `key:"captions" doc:"captions"`
	Cache              string `key:"cache" doc:"remote media cache"`
	WellKnown          string `key:"well_known" doc:"files that are served below /.well-known, 1 MiB each at most; not hidden ones, and the program's own addresses come first"`
	Uploads            string `key:"uploads" doc:"admin logos etc."`
}

// StaticFiles is the section static_files.
type StaticFiles struct {
	PrivateFilesRequireAuth bool `key:"private_files_require_auth" doc:"check rights on private static files"`
}

// ObjectStorage is the section object_storage.
type ObjectStorage struct {
	Enabled            bool                            `key:"enabled" doc:"use S3"`
	Endpoint           string                          `key:"endpoint" doc:"S3 endpoint host"`
	Region             string                          `key:"region" doc:"region"`
	ForcePathStyle     bool                            `key:"force_path_style" doc:"path-style requests"`
	UploadACL          ObjectStorageUploadACL          `key:"upload_acl"`
	Proxy              ObjectStorageProxy              `key:"proxy"`
	Credentials        ObjectStorageCredentials        `key:"credentials"`
	MaxUploadPart      Bytes                           `key:"max_upload_part" doc:"multipart part size"`
	MaxRequestAttempts int                             `key:"max_request_attempts" doc:"retries" min:"1" max:"100"`
	StreamingPlaylists ObjectStorageStreamingPlaylists `key:"streaming_playlists"`
	WebVideos          Bucket                          `key:"web_videos"`
	UserExports        Bucket                          `key:"user_exports"`
	OriginalVideoFiles Bucket                          `key:"original_video_files"`
	Captions           Bucket                          `key:"captions"`
}

// ObjectStorageUploadACL is the section object_storage.upload_acl.
type ObjectStorageUploadACL struct {
	Public  string `key:"public" doc:"ACL of public objects (null = none)"`
	Private string `key:"private" doc:"ACL of private objects"`
}

// ObjectStorageProxy is the section object_storage.proxy.
type ObjectStorageProxy struct {
	ProxifyPrivateFiles bool `key:"proxify_private_files" doc:"serve private objects through server"`
}

// ObjectStorageCredentials is the section object_storage.credentials.
type ObjectStorageCredentials struct {
	AccessKeyID     string `key:"access_key_id" doc:"key"`
	SecretAccessKey string `key:"secret_access_key" doc:"secret" secret:"yes"`
}

// ObjectStorageStreamingPlaylists is the section object_storage.streaming_playlists.
type ObjectStorageStreamingPlaylists struct {
	BucketName       string `key:"bucket_name" doc:"bucket"`
	Prefix           string `key:"prefix" doc:"key prefix inside bucket"`
	BaseURL          string `key:"base_url" doc:"public/CDN URL replacing endpoint URL"`
	StoreLiveStreams bool   `key:"store_live_streams" doc:"also store running lives"`
}
