// SPDX-License-Identifier: Apache-2.0

package normalize

import "github.com/tocsin-siem/tocsin/internal/core/event"

// slot is a place of the event that a JSON member can fill.
type slot uint8

const (
	slotNone slot = iota
	slotTime
	slotOriginID
	slotSource
	slotCategory
	slotAction
	slotOutcome
	slotSeverity
	slotLevel
	slotMessage
	slotUser
	slotIP
	slotSession
	slotUserAgent
	slotHost
	slotService
	slotTags
	slotRaw
	slotGDPR
	slotPCI
	slotHIPAA
	slotRetention
	slotCountry
	slotLat
	slotLon
	slotAS
	slots

	// The containers, whose members are looked up again by their dotted names.
	slotAttrs
	slotDetails
	slotMetadata
	slotCompliance
	slotGeo
)

// Where a slot is told twice, the field's own name wins over an alias, and an
// alias over `id`; the one that loses is kept as an attribute.
const (
	rankNone uint8 = iota
	rankWeak
	rankAlias
	rankOwn
)

// slotOf returns the slot of a dotted name, and the name's rank. The names are
// those of event.Canonical; a test holds the two together.
func slotOf(name string) (slot, uint8) {
	switch name {
	case "time":
		return slotTime, rankOwn
	case "timestamp", "@timestamp", "ts":
		return slotTime, rankAlias
	case "origin_id":
		return slotOriginID, rankOwn
	case "eventId", "event_id", "log_id":
		return slotOriginID, rankAlias
	case "id":
		return slotOriginID, rankWeak
	case "source":
		return slotSource, rankOwn
	case "category":
		return slotCategory, rankOwn
	case "eventType", "event_type":
		return slotCategory, rankAlias
	case "action":
		return slotAction, rankOwn
	case "outcome":
		return slotOutcome, rankOwn
	case "severity":
		return slotSeverity, rankOwn
	case "level":
		return slotLevel, rankOwn
	case "message":
		return slotMessage, rankOwn
	case "user":
		return slotUser, rankOwn
	case "userId", "user_id", "user.name", "username":
		return slotUser, rankAlias
	case "ip":
		return slotIP, rankOwn
	case "ipAddress", "ip_address", "source.ip", "src_ip", "client_ip", "remote_addr":
		return slotIP, rankAlias
	case "session":
		return slotSession, rankOwn
	case "sessionId", "session_id":
		return slotSession, rankAlias
	case "user_agent":
		return slotUserAgent, rankOwn
	case "userAgent", "user_agent.original":
		return slotUserAgent, rankAlias
	case "host":
		return slotHost, rankOwn
	case "service":
		return slotService, rankOwn
	case "tags":
		return slotTags, rankOwn
	case "raw":
		return slotRaw, rankOwn
	case "attrs":
		return slotAttrs, rankOwn
	case "details":
		return slotDetails, rankOwn
	case "metadata":
		return slotMetadata, rankOwn
	case "compliance":
		return slotCompliance, rankOwn
	case "geo", "as":
		return slotGeo, rankOwn
	}
	if len(name) > 4 && (name[2] == '.' || name[3] == '.' || name[0] == 'c') {
		return rareSlotOf(name)
	}
	return slotNone, rankNone
}

// rareSlotOf goes on with the members of compliance, geo and as.
func rareSlotOf(name string) (slot, uint8) {
	switch name {
	case "compliance.gdpr_relevant":
		return slotGDPR, rankOwn
	case "compliance.gdprRelevant":
		return slotGDPR, rankAlias
	case "compliance.pci_scope":
		return slotPCI, rankOwn
	case "compliance.pciScope":
		return slotPCI, rankAlias
	case "compliance.hipaa_protected":
		return slotHIPAA, rankOwn
	case "compliance.hipaaProtected":
		return slotHIPAA, rankAlias
	case "compliance.retention_days":
		return slotRetention, rankOwn
	case "compliance.retentionDays":
		return slotRetention, rankAlias
	case "geo.country":
		return slotCountry, rankOwn
	case "geo.lat":
		return slotLat, rankOwn
	case "geo.lon":
		return slotLon, rankOwn
	case "as.number":
		return slotAS, rankOwn
	case "geo.as":
		return slotAS, rankAlias
	default:
		return slotNone, rankNone
	}
}

// field returns the core text field of a slot, event.FieldNone for the others.
func (s slot) field() event.Field {
	switch s {
	case slotOriginID:
		return event.FieldOriginID
	case slotSource:
		return event.FieldSource
	case slotCategory:
		return event.FieldCategory
	case slotAction:
		return event.FieldAction
	case slotMessage:
		return event.FieldMessage
	case slotUser:
		return event.FieldUser
	case slotSession:
		return event.FieldSession
	case slotUserAgent:
		return event.FieldUserAgent
	case slotHost:
		return event.FieldHost
	case slotService:
		return event.FieldService
	default:
		return event.FieldNone
	}
}

// takesNumber tells whether a number is as good as a text: ids are often numbers.
func (s slot) takesNumber() bool {
	return s == slotUser || s == slotOriginID || s == slotSession
}

// isObject tells whether an object under this slot's name may be the Elastic
// Common Schema's of the same name: it is one when it has a member of that
// schema, and is then kept member by member.
func (s slot) isObject(member string) bool {
	switch s {
	case slotUser:
		switch member {
		case "name", "id", "email", "full_name", "domain", "hash", "roles", "group":
			return true
		}
	case slotSource:
		switch member {
		case "ip", "address", "port", "domain", "geo", "mac":
			return true
		}
	case slotUserAgent:
		switch member {
		case "original", "name", "version", "device", "os":
			return true
		}
	case slotHost:
		switch member {
		case "name", "hostname", "id", "ip", "os", "architecture":
			return true
		}
	case slotService:
		switch member {
		case "name", "type", "id", "version", "environment":
			return true
		}
	default:
	}
	return false
}
