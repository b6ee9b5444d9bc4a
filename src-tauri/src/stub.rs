//! stub
use wallet::{UiCode,UiError}; use wallet::screen::*;
pub struct Wallet;
type R<T>=Result<T,UiError>;
fn no<T>()->R<T>{Err(UiCode::StorageFailed.into())}
use std::time::SystemTime as N;
impl Wallet{
 pub fn app_state(&self,_:N)->R<AppState>{Ok(AppState{mark:Mark::Test,language:Language::En,lock:LockState::Empty,enrolment:EnrolmentState::None,enrolment_error:None,configured:false,wait_seconds:None})}
 pub fn set_language(&mut self,_:Language,n:N)->R<AppState>{self.app_state(n)}
 pub fn create_vault(&mut self,_:&str,_:N,_:&mut crate::app::Rng)->R<AppState>{no()}
 pub fn unlock(&mut self,_:&str,_:N)->R<AppState>{no()}
 pub fn lock(&mut self,n:N)->R<AppState>{self.app_state(n)}
 pub fn draft(&mut self)->R<Draft>{no()}
 pub fn save_draft(&mut self,_:Draft,_:N)->R<DraftCheck>{no()}
 pub fn set_photo(&mut self,_:&[u8],_:N)->R<PhotoView>{no()}
 pub fn home(&mut self,_:N)->R<Home>{no()}
 pub fn timed_choices(&mut self,_:N)->R<Vec<Choice>>{no()}
 pub fn show_timed(&mut self,_:&str,_:Option<&str>,_:N)->R<Showing>{no()}
 pub fn showing_frames(&mut self,_:u32,_:N)->R<Showing>{no()}
 pub fn end_showing(&mut self,_:u32,_:N)->R<()>{no()}
 pub fn read_request_text(&mut self,_:&str,_:N)->R<RequestView>{no()}
 pub fn answer_request(&mut self,_:u32,_:N)->R<Showing>{no()}
 pub fn decline_request(&mut self,_:u32,_:N)->R<()>{no()}
 pub fn history(&mut self)->R<Vec<HistoryItem>>{no()}
}
