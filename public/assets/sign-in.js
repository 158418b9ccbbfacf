// The sign-in page's script. A fragment never reaches the server, but browsers keep it when they are sent here: it goes
// along with where signing in leads. Without scripts the page opens at its top.
const to = document.querySelector('input[name=to]')
if (to instanceof HTMLInputElement && location.hash) to.value = to.value.replace(/#.*/, '') + location.hash
