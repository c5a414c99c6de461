package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net"

	"github.com/pion/ice/v4"
	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
	"github.com/pion/webrtc/v4"
)

// rtc makes connections to other viewers from one place.
type rtc struct {
	api    *webrtc.API
	config webrtc.Configuration
}

// spaceNet opens sockets in a namespace, for pion.
type spaceNet struct {
	*stdnet.Net

	space *space
}

func (n spaceNet) ListenPacket(network, address string) (c net.PacketConn, err error) {
	err = n.space.do(func() error {
		c, err = n.Net.ListenPacket(network, address)
		return err
	})
	return c, err
}

func (n spaceNet) ListenUDP(network string, at *net.UDPAddr) (c transport.UDPConn, err error) {
	err = n.space.do(func() error {
		c, err = n.Net.ListenUDP(network, at)
		return err
	})
	return c, err
}

func newRTC(p *place) (*rtc, error) {
	var settings webrtc.SettingEngine
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetIncludeLoopbackCandidate(p.space == nil)
	n := spaceNet{space: p.space}
	err := p.space.do(func() (err error) {
		n.Net, err = stdnet.NewNet()
		return err
	})
	if err != nil {
		return nil, err
	}
	settings.SetNet(n)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	certificate, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return nil, err
	}
	return &rtc{api: webrtc.NewAPI(webrtc.WithSettingEngine(settings)), config: webrtc.Configuration{Certificates: []webrtc.Certificate{*certificate}}}, nil
}

// offer begins a connection. opened is called with its channel.
func (r *rtc) offer(opened func(*webrtc.PeerConnection, *webrtc.DataChannel)) (*webrtc.PeerConnection, error) {
	pc, err := r.api.NewPeerConnection(r.config)
	if err != nil {
		return nil, err
	}
	closeFailed(pc)
	channel, err := pc.CreateDataChannel("pieces", nil)
	if err == nil {
		channel.OnOpen(func() { opened(pc, channel) })
		var d webrtc.SessionDescription
		if d, err = pc.CreateOffer(nil); err == nil {
			err = settle(pc, d)
		}
	}
	if err != nil {
		_ = pc.Close()
		return nil, err
	}
	return pc, nil
}

// answer takes the offer of another.
func (r *rtc) answer(sdp string, opened func(*webrtc.PeerConnection, *webrtc.DataChannel)) (*webrtc.PeerConnection, error) {
	pc, err := r.api.NewPeerConnection(r.config)
	if err != nil {
		return nil, err
	}
	closeFailed(pc)
	pc.OnDataChannel(func(channel *webrtc.DataChannel) {
		channel.OnOpen(func() { opened(pc, channel) })
	})
	if err = pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp}); err == nil {
		var d webrtc.SessionDescription
		if d, err = pc.CreateAnswer(nil); err == nil {
			err = settle(pc, d)
		}
	}
	if err != nil {
		_ = pc.Close()
		return nil, err
	}
	return pc, nil
}

// settle sets the own description and waits until all addresses are in it:
// trackers pass one message each way.
func settle(pc *webrtc.PeerConnection, d webrtc.SessionDescription) error {
	done := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(d); err != nil {
		return err
	}
	<-done
	return nil
}

// closeFailed closes a connection that did not come about, or broke.
func closeFailed(pc *webrtc.PeerConnection) {
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateFailed {
			_ = pc.Close()
		}
	})
}
