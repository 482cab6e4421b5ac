//! What an agent's program asks for around the digits: sessions, the agent's telephone, contacts, and who it is.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::agent_request::{AgentRequest, ContactAction, LegAction};
use super::answer::Answer;
use super::answers::refusal;
use super::contact_state::ContactState;
use super::decision::{Asking, Decision, Ending, Now};
use super::published::{no_contact, no_session, taken, traced};
use super::record::Signal;
use super::session::{SessionEnd, Station};
use super::sessions::Addressed;
use super::state::State;

/// The number of the business unit, as events and tokens tell it.
pub(super) const BUSINESS_UNIT: &str = "4500";

/// The cluster that the tenant is on.
pub(super) const CLUSTER: &str = "simulator";

const CONFERENCE_PARTIES: u32 = 3;

/// The team of every agent.
pub(super) const TEAM: &str = "100";

impl State {
    /// Checks a request and carries it out.
    pub(super) fn agent_request(
        &mut self,
        seq: u64,
        request: &AgentRequest<Addressed>,
        asking: &Asking<'_>,
        now: Now,
    ) -> Decision {
        let answer = self
            .asked(request, asking, now)
            .unwrap_or_else(|refusal| refusal);
        traced(seq, Duration::ZERO, Ending::Answer(answer))
    }

    fn asked(
        &mut self,
        request: &AgentRequest<Addressed>,
        asking: &Asking<'_>,
        now: Now,
    ) -> Result<Answer, Answer> {
        let given = Given::of(asking);
        if let AgentRequest::WhoAmI = request {
            return self.who_am_i(&given, asking, now);
        }
        self.check_token(asking, now.instant)?;
        match request {
            AgentRequest::Start => self.start_session(&given),
            AgentRequest::Join => self.join_session(&given),
            AgentRequest::End(session) => self.end_by_request(session, &given, now),
            AgentRequest::Leg(session, action) => self.leg(session, *action),
            AgentRequest::Contact(session, contact, action) => {
                self.contact_request(session, contact, *action, now)
            }
            AgentRequest::Signal(contact) => self.signal(contact, &given, now),
            AgentRequest::BusinessUnit => Ok(business_unit()),
            AgentRequest::Settings(agent) => Ok(settings(agent)),
            AgentRequest::WhoAmI => Err(no_session()),
        }
    }

    fn start_session(&mut self, given: &Given) -> Result<Answer, Answer> {
        let station = Station {
            id: given.text("stationId"),
            phone_number: given.text("stationPhoneNumber"),
        };
        if station == Station::default() {
            let rule = "stationId or stationPhoneNumber is missing";
            return Err(refusal(StatusCode::BAD_REQUEST, "invalid_request", rule));
        }
        let agent = self.agent_of(given);
        if self.sessions.live_of(&agent).is_some() {
            return Err(conflict("The agent has a session: join it"));
        }
        Ok(opened(&self.sessions.start(agent, station)))
    }

    fn join_session(&mut self, given: &Given) -> Result<Answer, Answer> {
        let agent = self.agent_of(given);
        match self.sessions.join(&agent) {
            Some(id) => Ok(opened(&id)),
            None => Err(conflict("The agent has no session to join")),
        }
    }

    /// The agent that the request is for: by default the one whose token it is. NICE's SDK sends 0 or an empty text for it.
    fn agent_of(&self, given: &Given) -> String {
        match given.text("asAgentId") {
            agent if agent.is_empty() || agent == "0" => self.options.agent_id.clone(),
            agent => agent,
        }
    }

    fn end_by_request(
        &mut self,
        session: &Addressed,
        given: &Given,
        now: Now,
    ) -> Result<Answer, Answer> {
        self.check_live(session)?;
        if given.is("endContacts") {
            self.hang_up(&session.session, now);
        }
        self.end(&session.session, SessionEnd::Here);
        Ok(taken(StatusCode::ACCEPTED))
    }

    fn hang_up(&mut self, session: &str, now: Now) {
        let Some(session) = self.sessions.get_mut(session) else {
            return;
        };
        let ids: Vec<_> = session
            .contacts
            .iter()
            .map(|contact| contact.id.clone())
            .collect();
        for id in ids {
            session.enter(&id, ContactState::Disconnected, now.wall);
        }
    }

    /// Ends a session. Its contacts live on, unless they were ended before.
    pub(super) fn end(&mut self, session: &str, end: SessionEnd) {
        if let Some(session) = self.sessions.of_test(session) {
            session.end_leg();
            session.end(end);
        }
    }

    fn leg(&mut self, session: &Addressed, action: LegAction) -> Result<Answer, Answer> {
        self.check_live(session)?;
        let leg = self.sessions.next_number().to_string();
        let Some(session) = self.sessions.get_or_begin(&session.session) else {
            return Err(no_session());
        };
        match action {
            LegAction::Dial if session.leg.is_some() => {
                return Err(conflict("The agent's telephone is connected"));
            }
            LegAction::Dial => session.dial_leg(leg),
            LegAction::End if session.end_leg() => {}
            LegAction::End => return Err(conflict("The agent's telephone is not connected")),
        }
        Ok(taken(StatusCode::ACCEPTED))
    }

    fn contact_request(
        &mut self,
        session: &Addressed,
        contact: &str,
        action: ContactAction,
        now: Now,
    ) -> Result<Answer, Answer> {
        use ContactState::{Active, Disconnected, Holding, Incoming, Joined, Masking};

        self.check_live(session)?;
        let known = self.sessions.contact(&session.session, contact, now.wall);
        let state = known.ok_or_else(no_contact)?.state;
        // A recording stays masked while the contact waits.
        let voice = if self.recordings.is_masked(contact) {
            Masking
        } else {
            Active
        };
        let next = match (action, state) {
            (ContactAction::Activate, Active | Masking | Joined | Holding)
            | (ContactAction::Resume, Holding)
            | (ContactAction::Accept, Incoming) => voice,
            (ContactAction::Hold, Active | Masking | Joined) => Holding,
            (ContactAction::Reject, Incoming) | (ContactAction::End, _) => Disconnected,
            _ => return Err(conflict("The contact is in another state")),
        };
        if let Some(session) = self.sessions.get_mut(&session.session) {
            session.enter(contact, next, now.wall);
        }
        Ok(taken(StatusCode::ACCEPTED))
    }

    fn signal(&mut self, contact: &str, given: &Given, now: Now) -> Result<Answer, Answer> {
        if !self.options.auto_calls && self.sessions.handling(contact).next().is_none() {
            return Err(no_contact());
        }
        let parameters = (1..=9).map(|n| format!("p{n}"));
        let signal = Signal {
            contact_id: contact.to_owned(),
            parameters: (parameters.filter(|name| given.has(name)))
                .map(|name| (name.clone(), given.text(&name)))
                .collect(),
            at_ms: self.since_start(now.instant),
        };
        if self.signals.len() >= self.options.journal_limit {
            self.signals.pop_front();
        }
        self.signals.push_back(signal);
        Ok(taken(StatusCode::ACCEPTED))
    }

    /// The token in question stands in the body.
    fn who_am_i(&self, given: &Given, asking: &Asking<'_>, now: Now) -> Result<Answer, Answer> {
        let bearer = format!("Bearer {}", given.text("token"));
        let asking = Asking {
            authorization: Some(&bearer),
            ..*asking
        };
        self.check_token(&asking, now.instant)?;
        let (api, url) = (self.api_endpoint(), &self.url);
        Ok(Answer::json(
            StatusCode::OK,
            &json!({
                "iss": url, "sub": format!("agent:{}", self.options.agent_id),
                "agent_id": self.options.agent_id, "bus_no": BUSINESS_UNIT, "team_id": TEAM,
                "expires_in": self.options.token_lifetime.as_secs().to_string(),
                "resource_server_base_uri": format!("{api}/incontactapi/"),
                "refresh_token_server_uri": format!("{url}/auth/token"),
            }),
        ))
    }
}

/// What a request says of itself: in its body, in its query, or in both, where the body comes first.
struct Given(Map<String, Value>);

impl Given {
    fn of(asking: &Asking<'_>) -> Self {
        let query = url::form_urlencoded::parse(asking.query.unwrap_or_default().as_bytes());
        let mut fields: Map<String, Value> = query
            .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
            .collect();
        if let Ok(Value::Object(body)) = serde_json::from_slice(asking.payload.bytes()) {
            fields.extend(body);
        }
        Self(fields)
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn text(&self, name: &str) -> String {
        match self.0.get(name) {
            Some(Value::String(text)) => text.clone(),
            None | Some(Value::Null) => String::new(),
            Some(other) => other.to_string(),
        }
    }

    fn is(&self, name: &str) -> bool {
        self.text(name).eq_ignore_ascii_case("true")
    }
}

fn opened(id: &str) -> Answer {
    Answer::json(StatusCode::ACCEPTED, &json!({ "sessionId": id }))
}

pub(super) fn conflict(description: &'static str) -> Answer {
    refusal(StatusCode::CONFLICT, "conflict", description)
}

/// What NICE's SDK asks for before it listens: whether events come by the poll.
fn settings(agent: &str) -> Answer {
    Answer::json(
        StatusCode::OK,
        &json!({
            "agentId": agent, "EnableUIQueue": false, "webRTCType": "",
            "maxConferenceParties": CONFERENCE_PARTIES,
        }),
    )
}

fn business_unit() -> Answer {
    Answer::json(
        StatusCode::OK,
        &json!({ "businessUnits": [{
            "businessUnitId": BUSINESS_UNIT, "businessUnitName": "simulator", "features": [],
            "maxConferenceParties": CONFERENCE_PARTIES, "fileExtensions": [], "isMultiContactHandling": true,
            "isUnifiedRoutingEnabled": false,
        }] }),
    )
}
