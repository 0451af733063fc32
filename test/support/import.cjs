/** Node's own import, which Jest replaces in specs: a module is loaded once for all specs of a worker. */
module.exports = (path) => import(path);
